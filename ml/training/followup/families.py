"""What each family minimises, on the same network body and the same views.

reader: brain, tumour, core and ventricles from one image; regression: the residual itself; vae: the
residual from a latent that an encoder reads from the truth (Kingma and Welling, ICLR 2014; Sohn et
al., NeurIPS 2015); flow: rectified flow from noise to the residual (Liu et al., ICLR 2023), whose
network says the residual, so that a network of zeros flows to carry-forward.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ml.models.followup.modeling import Encoder, FollowNet
from ml.models.followup.sampling import smooth_noise
from ml.models.followup.state import occupied
from ml.training.followup.stream import Views

# image, visible, core, ventricle: about equal shares of the loss.
CHANNEL_WEIGHTS = (2.0, 1.0, 0.5, 2.0)
# Distances matter where the border is or comes to be.
_NEAR = 1.25


def residual_weight(views: Views) -> Tensor:
    """(B, 4, z, y, x): where each channel counts and how much."""
    truth = views.base + views.residual
    image = views.brain * (0.5 + 4 * (views.residual[:, :1].abs() > 0.08))
    borders = [
        0.15 + ((truth[:, c : c + 1].abs() < _NEAR) | (views.base[:, c : c + 1].abs() < _NEAR))
        for c in (1, 2)
    ]
    ventricle = views.brain * (0.3 + 4 * (views.residual[:, 3:].abs() > 0.03))
    scale = torch.tensor(CHANNEL_WEIGHTS)[:, None, None, None]
    return torch.cat([image, *borders, ventricle], dim=1) * scale


def residual_loss(predicted: Tensor, views: Views, *, squared: bool) -> Tensor:
    """Weighted error of the residual (B, 4, z, y, x), by item: (B,)."""
    error = predicted.float() - views.residual
    error = error.square() if squared else functional.smooth_l1_loss(
        predicted.float(), views.residual, beta=0.1, reduction="none"
    )  # fmt: skip
    loss: Tensor = (error * residual_weight(views)).mean((1, 2, 3, 4))
    return loss


def lesion_loss(predicted: Tensor, views: Views) -> Tensor:
    """Overlap of new tissue and volume of the visible tumour, by item: (B,)."""
    truth = occupied(views.base[:, 1] + views.residual[:, 1])
    made = occupied(views.base[:, 1] + predicted[:, 1].float())
    before = occupied(views.base[:, 1])
    new_true, new_made = truth * (1 - before), made * (1 - before)
    axes = (1, 2, 3)
    both = (new_true * new_made).sum(axes)
    dice = 1 - (2 * both + 50) / (new_true.sum(axes) + new_made.sum(axes) + 50)
    scale = before.sum(axes) + truth.sum(axes) + 100
    volume = (made.sum(axes) - truth.sum(axes)).abs() / scale
    loss: Tensor = dice + volume
    return loss


def reader_loss(model: FollowNet, image: Tensor, shares: Tensor) -> Tensor:
    """Cross-entropy against shares plus Dice, over brain, visible tumour, core and ventricle."""
    logits = model(image).float()
    axes = (2, 3, 4)
    entropy = functional.binary_cross_entropy_with_logits(logits, shares)
    made = logits.sigmoid()
    both = (made * shares).sum(axes)
    dice = 1 - (2 * both + 20) / (made.sum(axes) + shares.sum(axes) + 20)
    loss: Tensor = entropy * 4 + dice.mean()
    return loss


def regression_loss(model: FollowNet, views: Views) -> Tensor:
    made = model(views.planes, views.scalars)
    loss = residual_loss(made, views, squared=False) + 0.1 * lesion_loss(made, views)
    return loss.mean()


def vae_loss(
    model: FollowNet, encoder: Encoder, views: Views, kl_weight: float, generator: torch.Generator
) -> Tensor:
    mean, log_variance = encoder(torch.cat([views.planes, views.residual], 1), views.scalars)
    mean, log_variance = mean.float(), log_variance.float()
    drawn = torch.randn(mean.shape, generator=generator)
    latent = mean + drawn * torch.exp(0.5 * log_variance)
    made = model(views.planes, torch.cat([views.scalars, latent], dim=1))
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
    error = residual_loss(made, views, squared=False) + 0.1 * lesion_loss(made, views)
    loss: Tensor = (error + kl_weight * divergence).mean()
    return loss


def flow_loss(model: FollowNet, views: Views, generator: torch.Generator) -> Tensor:
    batch = len(views.planes)
    time = torch.rand(batch, generator=generator)
    noise = smooth_noise(batch, views.residual.shape[2:], generator)
    at = time[:, None, None, None, None]
    state = (1 - at) * noise + at * views.residual
    made = model(
        torch.cat([views.planes, state], dim=1), torch.cat([views.scalars, time[:, None]], dim=1)
    )
    error = residual_loss(made, views, squared=True) + 0.1 * time * lesion_loss(made, views)
    return error.mean()
